import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { MeshCode, MeshError } from "@myelin/mesh";
import { hasEnded, stop, untilEnd } from "./child.ts";
import { type Address, freePort, host } from "./port.ts";

/** What a broker is started with. */
export interface BrokerOptions {
  /** The nats-server to run. */
  readonly program: string;
  /** Writes its configuration for a port; the answer is the file. */
  readonly configure: (address: Address) => string;
  /** The port to take if it is free. */
  readonly port: number;
  /** An open file for what it prints. */
  readonly log: number;
}

/** A nats-server of our own. */
export interface Broker {
  readonly url: string;
  readonly address: Address;
  /** Ends it as a failing machine would; answers with its process. */
  kill(): Promise<number | undefined>;
  /** Starts it again at the same place, over what is on its disk; resolves when it answers. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

const mostAttempts = 3;
const startMs = 10_000;
const stopMs = 5_000;

// The shell becomes the server, so signals and the exit code are the server's own. Beside it waits a reader of our
// pipe: when this process dies, however it dies, the pipe closes and the server ends with it.
const leash = 'exec 3<&0; { read -r _ <&3; kill "$$" 2>/dev/null; } & exec "$@" 3<&-';

/** Starts a server on the wanted port, or on a free one; resolves when it answers. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  for (let attempt = 1; ; attempt++) {
    const address = await freePort(options.port);
    const broker = new OwnBroker(options, address);
    try {
      await broker.start();
      return broker;
    } catch (error) {
      await broker.stop();
      // Somebody may have taken the port since it was free.
      if (attempt === mostAttempts) throw error;
    }
  }
}

class OwnBroker implements Broker {
  readonly address: Address;
  readonly url: string;
  readonly #options: BrokerOptions;
  readonly #configuration: string;
  /** By which it is told from another server that got the port a moment before. */
  readonly #name = `myelin-${randomBytes(4).toString("hex")}`;
  #child: ChildProcess | undefined;
  #isStopped = false;

  constructor(options: BrokerOptions, address: Address) {
    this.#options = options;
    this.address = address;
    this.url = `nats://${host}:${address.port}`;
    this.#configuration = options.configure(address);
  }

  async kill(): Promise<number | undefined> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return undefined;
    const ended = untilEnd(child);
    child.kill("SIGKILL");
    await ended;
    return child.pid;
  }

  async start(): Promise<void> {
    if (this.#isStopped) throw new MeshError(MeshCode.Closed, "the desk is closing");
    const { program, log } = this.#options;
    this.#child = start([program, "-c", this.#configuration, "--name", this.#name], log);
    const isReady = (): Promise<boolean> => greets(this.address.port, this.#name);
    await untilReady(this.#child, isReady, `${program} on port ${this.address.port}`);
  }

  async revive(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.start();
      } catch (error) {
        // Those who come back may have the port for a moment, as their own.
        if (attempt === mostAttempts || this.#isStopped) throw error;
        if (this.#child !== undefined) await stop(this.#child, stopMs);
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#child !== undefined) await stop(this.#child, stopMs);
  }
}

function start(server: readonly string[], log: number): ChildProcess {
  return spawn("sh", ["-c", leash, "broker", ...server], {
    stdio: ["pipe", log, log],
    // In a group of its own: Ctrl-C is for the desk, which needs the server while it drains.
    detached: true,
  });
}

async function untilReady(
  child: ChildProcess,
  isReady: () => Promise<boolean>,
  what: string,
): Promise<void> {
  const until = performance.now() + startMs;
  const ended = untilEnd(child).then((how) => {
    throw new MeshError(
      MeshCode.Unavailable,
      `${what} did not start (${how}); desk.log says why, and npm start sets one up`,
    );
  });
  // Whoever loses the race below may still fail.
  ended.catch(() => {});
  while (!(await Promise.race([isReady(), ended]))) {
    if (performance.now() > until || hasEnded(child)) {
      await Promise.race([ended, Promise.resolve()]);
      throw new MeshError(MeshCode.Unavailable, `${what} does not answer`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether the NATS server of this name listens on the port. */
function greets(port: number, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1_000 });
    const done = (greeted: boolean): void => {
      socket.destroy();
      resolve(greeted);
    };
    socket.once("data", (bytes) => {
      const greeting = bytes.toString("latin1");
      done(greeting.startsWith("INFO ") && greeting.includes(`"server_name":"${name}"`));
    });
    socket.once("error", () => done(false));
    socket.once("timeout", () => done(false));
    socket.once("close", () => done(false));
  });
}
