// @ts-check
import { join } from "node:path";
import { inWorkFolder, keep } from "../keep.mjs";
import { findOnPath, run } from "../run.mjs";
import { StepFailed } from "../step.mjs";

/**
 * A build from source by Go, from the pinned `go.mod` and `go.sum`, where Go is there.
 *
 * @type {import("../step.mjs").Step}
 */
export const fromGo = {
  name: "a build by Go",
  find: (program, machine) =>
    inWorkFolder(machine, async (folder) => {
      const go = await findOnPath("go", machine.env.PATH);
      if (go === undefined) throw new StepFailed("Go is not on PATH");
      const env = goEnvironment(machine);
      const file = join(folder, program.name);
      const args = ["build", "-trimpath", "-o", file, program.goPackage];
      await machine.report.during(
        `${program.name}: building ${program.version} by Go, a minute or two`,
        async (show) => {
          const source = await moduleSource(go, program, { env, folder });
          const options = { env: { ...env, ...source }, cwd: machine.goModules };
          await run(go, args, { ...options, limitMs: 900_000, onLine: show });
        },
      );
      return keep(program, machine, file);
    }),
};

/**
 * Asks for one small file first: without network Go itself would try for minutes. Modules
 * that were fetched before can still be built, so a silent source is turned off, not fatal.
 *
 * @param {string} go
 * @param {import("../programs.mjs").Program} program
 * @param {{ env: Readonly<Record<string, string | undefined>>, folder: string }} where
 */
async function moduleSource(go, program, { env, folder }) {
  const wanted = `${program.goModule}@v${program.version}`;
  try {
    const options = { env: { ...env, GOFLAGS: "-modcacherw" }, cwd: folder, limitMs: 15_000 };
    await run(go, ["list", "-m", wanted], options);
    return {};
  } catch {
    return { GOPROXY: "off" };
  }
}

/**
 * Go's caches lie in the repository's own, so that nothing is left outside it.
 *
 * @param {import("../step.mjs").Machine} machine
 */
function goEnvironment(machine) {
  const home = join(machine.cache, "go");
  return {
    ...machine.env,
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
