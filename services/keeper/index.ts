export { settingsOf, wordsOf } from "./config.ts";
export type { Duties } from "./duties.ts";
export { Keeper, startKeeper } from "./keeper.ts";
export { runKeeper } from "./run.ts";
