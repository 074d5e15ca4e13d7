/** For whatever is polled, on a busy machine. */
export const patience = { timeout: 20_000 };
