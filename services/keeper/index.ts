export { type KeeperSettings, type KeeperWords, settingsOf, wordsOf } from "./config.ts";
export type { Duties, Duty } from "./duties.ts";
export { Keeper, startKeeper } from "./keeper.ts";
export { type RunningKeeper, runKeeper } from "./run.ts";
