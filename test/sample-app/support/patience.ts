/** A timeout for polling that suits a busy machine, too. */
export const patience = { timeout: 20_000 };
