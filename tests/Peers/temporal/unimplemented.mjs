/** Runs a case, or skips it with the reason when the server does not offer a call it needs. */
export async function offeredOrSkipped(t, what, run) {
  try {
    await run();
  } catch (e) {
    const UNIMPLEMENTED = 12;
    if (e.code !== UNIMPLEMENTED && e.cause?.code !== UNIMPLEMENTED) {
      throw e;
    }
    t.skip(`this server does not offer ${what} (UNIMPLEMENTED)`);
  }
}
