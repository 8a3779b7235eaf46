import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";

/** A cable between one client and its server, which a test may cut. */
export class Cable implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSevered = false;
  #hangUps: number;

  private constructor(server: Server, port: number, hangUps: number) {
    this.#server = server;
    this.#hangUps = hangUps;
    this.url = `nats://127.0.0.1:${port}`;
  }

  /** Lays one to the server at this port; the first so many clients are hung up on when they say their first word. */
  static async lay(port: number, hangUps = 0): Promise<Cable> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new TypeError("no port");
    const cable = new Cable(server, address.port, hangUps);
    server.on("connection", (near) => {
      if (cable.#isSevered) near.destroy();
      else cable.#join(near, dial(port, "127.0.0.1"));
    });
    return cable;
  }

  /** Cuts what is connected; a new connection is let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts it, and lets nothing through until it is mended. */
  sever(): void {
    this.#isSevered = true;
    this.cut();
  }

  /** How many are still to be hung up on. */
  get hangUps(): number {
    return this.#hangUps;
  }

  mend(): void {
    this.#isSevered = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, "close");
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (this.#hangUps > 0) {
      this.#hangUps--;
      near.once("data", () => near.destroy());
      far.pipe(near);
    } else near.pipe(far).pipe(near);
  }
}
