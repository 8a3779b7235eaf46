import { isMeshError, locate } from "@myelin/mesh";
import { drainOnSignal, startTelemetry } from "@myelin/mesh/program";
import { settingsOf, wordsOf } from "./config.ts";
import { runKeeper } from "./run.ts";

/** Keeper as a program of its own: everything it needs is in the environment, as for every agent. */
async function main(): Promise<void> {
  const settings = settingsOf(locate(process.env), wordsOf(process.env));
  const telemetry = await startTelemetry({ service: "keeper" });
  const running = await runKeeper(settings);
  drainOnSignal(async () => {
    await running.stop();
    await telemetry.stop();
  });
  // A program that started this one as its child is told, and takes it along when it goes.
  process.send?.({ is: "ready" });
  if (process.send !== undefined) {
    process.once("disconnect", () => void process.kill(process.pid, "SIGTERM"));
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${isMeshError(error) ? error.message : String(error)}\n`);
  process.exit(1);
});
