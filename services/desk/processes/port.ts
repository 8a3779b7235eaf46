import { createServer } from "node:net";

/** The address on which the mesh listens: this machine only. */
export const host = "127.0.0.1";

/** A port of this machine to listen on. */
export interface Address {
  readonly port: number;
  /** Whether it is the one that was wanted, and no port of chance. */
  readonly isUsual: boolean;
}

/** The wanted port when it is free, else one that is. */
export async function freePort(wanted: number): Promise<Address> {
  const port = (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
  return { port, isUsual: port === wanted };
}

/** The port on which one can listen now; undefined when that one is taken. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}
