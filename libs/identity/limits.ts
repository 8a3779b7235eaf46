import type { OperatorLimits, Permissions } from "@nats-io/jwt";

const unlimited = -1;

/** Each limit is written: one that is left out is zero, and an account of zeros takes no connection. */
export function accountLimits(jetstream: boolean): OperatorLimits {
  // Zero storage is how an account has no JetStream.
  const storage = jetstream ? unlimited : 0;
  return {
    subs: unlimited,
    data: unlimited,
    payload: unlimited,
    imports: unlimited,
    exports: unlimited,
    wildcards: true,
    conn: unlimited,
    leaf: unlimited,
    disallow_bearer: true,
    mem_storage: storage,
    disk_storage: storage,
    streams: storage,
    consumer: storage,
    mem_max_stream_bytes: storage,
    disk_max_stream_bytes: storage,
    max_ack_pending: storage,
    max_bytes_required: false,
  };
}

/** What a user without a scope may: nothing, so that a slip of the issuer opens no door. */
export const nothing: Partial<Permissions> = Object.freeze({
  pub: { deny: [">"] },
  sub: { deny: [">"] },
});
