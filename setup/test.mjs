// @ts-check
import { launch } from "./launch.mjs";
import { main, prepare, root, typescript } from "./prepare.mjs";
import { natsCli, natsServer } from "./programs.mjs";
import { chooseTests } from "./tests.mjs";

/** Fits two cores; a file that hangs fails after five minutes: some start a dozen processes, and the machine may be busy. */
const runner = ["--test", "--test-concurrency=2", "--test-timeout=300000"];

/** On a terminal the runner's own reporter lists failures at the end; what it prints elsewhere does not. */
const reporter = [
  `--test-reporter=${new URL("reporter.mjs", import.meta.url)}`,
  "--test-reporter-destination=stdout",
];

// `npm test [-- <file or folder> …]`: every test, or those named.
await main(async () => {
  const { files, options } = await chooseTests(root, process.argv.slice(2));
  const env = await prepare([natsServer, natsCli]);
  // Set when a test starts us: the runner would then take us for one of its files and run nothing.
  delete env.NODE_TEST_CONTEXT;
  const ownReporter = options.some((option) => option.startsWith("--test-reporter"));
  const reports = process.stdout.isTTY || ownReporter ? [] : reporter;
  return launch([...typescript, ...runner, ...reports, ...options, ...files], env);
});
