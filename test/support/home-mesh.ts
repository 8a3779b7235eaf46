import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type Mesh } from "@myelin/mesh";
import {
  type Home,
  type InitOptions,
  initHome,
  type Reach,
  serverConfig,
  writeServer,
} from "@myelin/mesh/operate";
import { type NatsServer, startNats } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import type { Ran } from "./cli-mesh.ts";
import { FakeTerminal } from "./fake-terminal.ts";
import { temporaryFolder } from "./folder.ts";

/** The mesh.yaml that tests begin with. */
export const deskMesh = `version: 1
workspaces:
  desk:
    agents:
      librarian: { skills: [list, read] }
      editor: { skills: [edit], calls: [librarian.read] }
    roles:
      operator: { members: [ops] }
      observer: { members: [eve] }
`;

/** A home in a folder of its own, and a real server that runs as the home says. */
export class HomeMesh implements AsyncDisposable {
  readonly home: Home;
  readonly server: NatsServer;
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly #meshes: Mesh[] = [];

  private constructor(home: Home, server: NatsServer, folder: ReturnType<typeof temporaryFolder>) {
    this.home = home;
    this.server = server;
    this.#folder = folder;
  }

  static async start(options: Partial<InitOptions> = {}): Promise<HomeMesh> {
    const folder = temporaryFolder();
    const { home } = await initHome({
      folder: join(folder.path, "mesh"),
      mesh: deskMesh,
      ...options,
    });
    const { clientCertificates = "none" } = options;
    writeServer(home, { clientCertificates });
    // The kit says where it listens. A machine may stand still for longer than a server waits for a login.
    const config = serverConfig(home, { clientCertificates })
      .replace(/^listen:.*$/m, "")
      .replace("tls {", "tls {\n  timeout: 20");
    const server = await startNats({ config });
    writeFileSync(home.layout.place, JSON.stringify({ url: server.url }));
    return new HomeMesh(home, server, folder);
  }

  get reach(): Reach {
    return { servers: [this.server.url] };
  }

  /** The folder that the home is in, as `mesh`. */
  get cwd(): string {
    return this.#folder.path;
  }

  creds(name: string, account = "desk"): string {
    return this.home.layout.creds(account).of(name);
  }

  /** What a program that joins as `name` takes. */
  access(name: string, account = "desk") {
    const { ca: caFile } = this.home.layout.tls;
    return {
      name,
      servers: this.server.url,
      credentials: this.creds(name, account),
      tls: { caFile },
    };
  }

  async connect(name: string, account = "desk"): Promise<Mesh> {
    const mesh = await connect(this.access(name, account));
    this.#meshes.push(mesh);
    return mesh;
  }

  /** Runs one command of the command line, in the folder of the home. */
  run(...args: readonly string[]): Promise<Ran> {
    return this.runWith({ MYELIN_URL: this.server.url }, ...args);
  }

  /** The same with this environment and nothing else. */
  async runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
    const terminal = new FakeTerminal({ cwd: this.cwd, env });
    const exit = await run(args, terminal);
    return { exit, out: terminal.written, err: terminal.complained };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const mesh of this.#meshes) await mesh.close();
    await this.server.stop();
    this.#folder[Symbol.dispose]();
  }
}

/** Every file below a folder, by a digest: but for what a server writes, and never a seed in a test's output. */
export function filesIn(folder: string): ReadonlyMap<string, string> {
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  return new Map([...textsIn(folder)].map(([path, text]) => [path, digest(text).slice(0, 16)]));
}

/** Every file below a folder with its text, but for what a server writes. */
export function textsIn(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.includes("/server/")) continue;
    found.set(path, readFileSync(path, "utf8"));
  }
  return found;
}
