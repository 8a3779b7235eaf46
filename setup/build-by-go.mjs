// @ts-check
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { keep } from "./keep.mjs";
import { run } from "./run.mjs";
import { StepFailed } from "./step.mjs";

/**
 * Builds a program as the pinned `go.mod` and `go.sum` say, and puts it into the cache.
 *
 * @param {import("./programs.mjs").Program} program
 * @param {import("./step.mjs").Machine} machine
 * @param {{ go: string, goRoot?: string, folder: string }} tools `folder` holds the result at first.
 * @returns {Promise<string>}
 */
export async function buildByGo(program, machine, { go, goRoot, folder }) {
  const env = goEnvironment(machine, goRoot);
  const file = join(folder, program.name);
  const args = ["build", "-trimpath", "-o", file, program.goPackage];
  await machine.report.during(
    `${program.name}: building ${program.version} by Go, a minute or two`,
    async (show) => {
      const unreachable = await whyNoSource(go, program, { env, folder });
      // Modules that were fetched before can still be built, so a silent source is not the end.
      const source = unreachable === undefined ? {} : { GOPROXY: "off" };
      const options = { env: { ...env, ...source }, cwd: machine.goModules, onLine: show };
      try {
        await run(go, args, { ...options, limitMs: 900_000 });
      } catch (error) {
        throw unreachable ?? error;
      }
    },
  );
  const kept = await keep(program, machine, file);
  // Over half a gigabyte, of use to nobody until a newer version is pinned.
  await rm(goHome(machine), { recursive: true, force: true });
  return kept;
}

/**
 * Asks for one small file first: without network Go itself would try for minutes.
 *
 * @param {string} go
 * @param {import("./programs.mjs").Program} program
 * @param {{ env: Readonly<Record<string, string | undefined>>, folder: string }} where
 */
async function whyNoSource(go, program, { env, folder }) {
  const wanted = `${program.goModule}@v${program.version}`;
  try {
    const options = { env: { ...env, GOFLAGS: "-modcacherw" }, cwd: folder, limitMs: 15_000 };
    await run(go, ["list", "-m", wanted], options);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new StepFailed(`Go cannot reach its module source: ${reason}`);
  }
}

/**
 * Go's caches lie in the repository's own, so that nothing is left outside it.
 *
 * @param {import("./step.mjs").Machine} machine
 * @param {string | undefined} goRoot
 */
function goEnvironment(machine, goRoot) {
  const home = goHome(machine);
  return {
    ...machine.env,
    GOROOT: goRoot,
    GOPATH: home,
    GOMODCACHE: join(home, "mod"),
    GOCACHE: join(home, "build"),
    // Without write permission a person could not delete the cache.
    GOFLAGS: "-mod=readonly -modcacherw",
    GOWORK: "off",
    GOOS: undefined,
    GOARCH: undefined,
    // A fresh machine has no C compiler.
    CGO_ENABLED: "0",
  };
}

/** @param {import("./step.mjs").Machine} machine */
function goHome(machine) {
  return join(machine.cache, "go");
}
