import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const limitMs = 60_000;

/** As a consumer's: strict, and the declarations of dependencies are checked as well. */
const compilerOptions = {
  target: "es2022",
  module: "nodenext",
  strict: true,
  skipLibCheck: false,
  types: ["node"],
  outDir: "out",
};

/** What is published, by the name under which it is installed. */
const archives = {
  "@myelin/subjects": "myelin-subjects-0.1.0.tgz",
  "@myelin/mesh": "myelin-mesh-0.1.0.tgz",
  "@myelin/keeper": "myelin-keeper-0.1.0.tgz",
  myelin: "myelin-0.1.0.tgz",
};

/** A project outside the repository that has installed the packages as they are published. */
export class PackedProject implements AsyncDisposable {
  readonly folder: string;
  readonly #top: string;

  private constructor(top: string) {
    this.#top = top;
    this.folder = join(top, "project");
  }

  /** Builds and packs the packages, and installs them without network. */
  static async create(): Promise<PackedProject> {
    // Not below the repository: a dependency that is not declared would be found there.
    const project = new PackedProject(mkdtempSync(join(tmpdir(), "myelin-packed-")));
    try {
      await project.#install();
      return project;
    } catch (error) {
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Compiles example files of ours and answers with the JavaScript's paths. */
  async compile(...examples: readonly string[]): Promise<string[]> {
    const names = examples.map((example) => basename(example));
    for (const example of examples) {
      copyFileSync(join(root, "test", "examples", example), join(this.folder, basename(example)));
    }
    this.#write("tsconfig.json", { compilerOptions, files: names });
    await this.run(process.execPath, [compiler, "--project", "."]);
    return names.map((name) => join("out", name.replace(/\.ts$/, ".js")));
  }

  /** Runs a program in the project's folder; its standard output. */
  async run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    // What an npm that started the tests left in the environment is not this project's.
    const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_)/i.test(name));
    // Where the test kit looks for a server when the environment names none.
    const PATH = [process.env.PATH, join(root, ".cache", "bin")].join(delimiter);
    const options = { cwd: this.folder, env: { ...Object.fromEntries(kept), PATH, ...env } };
    try {
      return (await promisify(execFile)(file, args, { ...options, timeout: limitMs })).stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${basename(file)} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error });
    }
  }

  /** What the installed package says of itself. */
  manifest(name: string): Manifest {
    return JSON.parse(readFileSync(join(this.package(name), "package.json"), "utf8"));
  }

  /** The installed package's files. */
  files(name: string): string[] {
    return readdirSync(this.package(name), { recursive: true, encoding: "utf8" });
  }

  package(name: string): string {
    return join(this.folder, "node_modules", name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#top, { recursive: true, force: true });
  }

  async #install(): Promise<void> {
    mkdirSync(this.folder);
    await this.run(process.execPath, [join(root, "setup", "pack.mjs"), this.#top]);
    const packed = Object.entries(archives).map(([name, file]) => [name, `file:../${file}`]);
    const ours = Object.fromEntries(packed);
    const types = { "@types/node": installed("@types/node") };
    this.#write("package.json", {
      private: true,
      type: "module",
      dependencies: { ...ours, ...types, zod: installed("zod") },
      // The packages of others are taken from where they are installed already.
      overrides: Object.fromEntries(dependencies().map((name) => [name, installed(name)])),
    });
    const quiet = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    await this.run("npm", ["install", ...quiet, "--cache", join(this.#top, "cache")]);
  }

  #write(name: string, content: unknown): void {
    writeFileSync(join(this.folder, name), JSON.stringify(content, undefined, 2));
  }
}

/** The part of a package.json that matters here. */
export interface Manifest {
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

function installed(name: string): string {
  return `file:${join(root, "node_modules", name)}`;
}

/** The packages of others that ours declare. */
function dependencies(): string[] {
  const declared = ["subjects", "libs", "services/keeper", "services/cli"].flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    return Object.keys(manifest.dependencies ?? {});
  });
  return [...new Set(declared)].filter((name) => !(name in archives));
}
