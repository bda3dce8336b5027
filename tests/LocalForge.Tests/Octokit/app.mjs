// Lives as a GitHub App through GitHub's own strategy for Apps and prints what it saw, as JSON, for the test to judge.
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";

const { FORGE_API, FORGE_APP, FORGE_APP_KEY } = process.env;
const web = FORGE_API.replace("/api/v3", "");
const repo = { owner: "acme", repo: "shop" };
const seen = {};
const app = new Octokit({ authStrategy: createAppAuth, auth: { appId: FORGE_APP, privateKey: FORGE_APP_KEY }, baseUrl: FORGE_API });

seen.slug = (await app.apps.getAuthenticated()).data.slug;
seen.installations = (await app.paginate(app.apps.listInstallations)).map((i) => i.account.login);
const installation = (await app.apps.getRepoInstallation(repo)).data;
seen.granted = installation.permissions.contents;

const narrowed = async (permissions) => {
  const auth = await app.auth({ type: "installation", installationId: installation.id, repositoryNames: ["shop"], permissions });
  seen.lifeMinutes = Math.round((new Date(auth.expiresAt) - Date.now()) / 60_000);
  return new Octokit({ auth: auth.token, baseUrl: FORGE_API });
};
const refusal = (call) => call.then((a) => a.status, (e) => [e.status, e.response.data.message]);

const talker = await narrowed({ issues: "write" });
seen.repositories = (await talker.apps.listReposAccessibleToInstallation()).data.repositories.map((r) => r.full_name);
seen.author = (await talker.issues.create({ ...repo, title: "From an App" })).data.user.login;
seen.who = await refusal(talker.users.getAuthenticated());
const sha = (await (await narrowed({ contents: "read" })).git.getRef({ ...repo, ref: "heads/main" })).data.object.sha;
seen.checkRefused = await refusal(talker.checks.create({ ...repo, name: "app-check", head_sha: sha, conclusion: "success" }));
const reporter = await narrowed({ checks: "write" });
const check = (await reporter.checks.create({
  ...repo, name: "app-check", head_sha: sha, status: "completed", conclusion: "neutral",
  output: { title: "T", summary: "S", annotations: [{ path: "README.md", start_line: 1, end_line: 1, annotation_level: "notice", message: "m" }] },
})).data;
await reporter.checks.update({ ...repo, check_run_id: check.id, output: { title: "T", summary: "S", annotations: [{ path: "README.md", start_line: 1, end_line: 1, annotation_level: "failure", message: "n" }] } });
seen.annotations = (await reporter.checks.listAnnotations({ ...repo, check_run_id: check.id })).data.map((a) => a.annotation_level);
seen.tooMuch = await refusal(app.apps.createInstallationAccessToken({ installation_id: installation.id, permissions: { administration: "write" } }));
seen.elsewhere = await refusal(app.apps.createInstallationAccessToken({ installation_id: installation.id, repositories: ["nowhere"] }));

// A manifest, agreed to on the page, and its code.
const manifest = JSON.stringify({
  name: "Made by Octokit", url: "https://app.example", redirect_url: "https://app.example/back", hook_attributes: { url: "https://app.example/hook" },
  default_permissions: { issues: "write" }, default_events: ["issues"],
});
const agreed = await fetch(`${web}/settings/apps`, { method: "POST", redirect: "manual", body: new URLSearchParams({ manifest, state: "s t", name: "Made by Octokit", owner: "acme" }) });
const back = new URL(agreed.headers.get("location"));
seen.state = back.searchParams.get("state");
const made = (await new Octokit({ baseUrl: FORGE_API }).apps.createFromManifest({ code: back.searchParams.get("code") })).data;
const second = new Octokit({ authStrategy: createAppAuth, auth: { appId: made.id, privateKey: made.pem }, baseUrl: FORGE_API });
seen.made = [(await second.apps.getAuthenticated()).data.slug, made.webhook_secret.length > 0];
seen.codeTwice = (await refusal(new Octokit({ baseUrl: FORGE_API }).apps.createFromManifest({ code: back.searchParams.get("code") })))[0];

console.log(JSON.stringify(seen));
