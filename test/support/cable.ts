import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";

/** A cable between one client and its server, which a test may cut. */
export class Cable implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSevered = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `nats://127.0.0.1:${port}`;
  }

  /** Lays one to the server at this port. */
  static async lay(port: number): Promise<Cable> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new TypeError("no port");
    const cable = new Cable(server, address.port);
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
    near.pipe(far).pipe(near);
  }
}
