// Probot as its guide starts it, with a handler that keeps nothing. Settings come from the environment; the App's key signs nothing here.
import { generateKeyPairSync } from "node:crypto";
import { run } from "probot";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "pkcs1", format: "pem" },
});
await run((app) => {
  app.on("issues", async () => {});
}, { env: { ...process.env, APP_ID: "1", PRIVATE_KEY: privateKey } });
