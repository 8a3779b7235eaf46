export { Discovery, type DiscoveryOptions, type KnownInstance } from "./discovery.ts";
export { Door, type DoorOptions } from "./door.ts";
export { Presence, type PresenceOptions } from "./presence.ts";
