export { type KeeperSettings, type KeeperWords, settingsOf, wordsOf } from "./config.ts";
export type { Duty, MakeDuty } from "./duty.ts";
export { Keeper, startKeeper } from "./keeper.ts";
export { type RunningKeeper, runKeeper } from "./run.ts";
