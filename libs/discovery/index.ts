export { Cards, type VerifyCard } from "./cards.ts";
export { Discovery, type DiscoveryOptions } from "./discovery.ts";
export { Door } from "./door.ts";
export { Presence } from "./presence.ts";
export { PublishedTrust } from "./published-trust.ts";
