export { type ConsumerState, consumerStates } from "./consumer-states.ts";
export { type Difference, differenceText } from "./difference.ts";
export { StoreApi, type StoreDoor } from "./door.ts";
export { type Manifest, manifestText, storeManifests } from "./manifest.ts";
export type { StorePlan, StoreStep } from "./plan.ts";
export { checkPlan, type Provisioned, planStore, provisionStores } from "./provision.ts";
export { type Stored, type StoredOptions, storedMessages } from "./stored.ts";
export { type StoreView, viewStores } from "./view.ts";
export { mark, type StoreSettings, type WantedStores, wantedStores } from "./wanted.ts";
