export { Cards, type CardsParts, type SealingKey, type VerifyCard } from "./cards.ts";
export { Discovery, type DiscoveryOptions, type KnownInstance } from "./discovery.ts";
export { Door, type DoorOptions } from "./door.ts";
export { Presence, type PresenceOptions } from "./presence.ts";
export { PublishedTrust, type PublishedTrustParts } from "./published-trust.ts";
