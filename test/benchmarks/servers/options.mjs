/** Options of Socket.IO, the same for everybody: no ping disturbs what is measured. */
export const SERVER_OPTIONS = { pingInterval: 600_000, pingTimeout: 600_000 };
