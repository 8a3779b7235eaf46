import {
  type ConsumerShape,
  consumersOf,
  type Provision,
  Store,
  type StoreName,
  type StreamShape,
  stores,
  streamNames,
  type WorkspacePolicy,
} from "@myelin/subjects";

/** Whose streams are meant, and what its policy says of them. */
export interface StoreSettings {
  readonly workspace: string;
  readonly policy: WorkspacePolicy;
  /** Guests that take tasks: no policy names them. Default: none. */
  readonly workers?: readonly string[];
  /** The streams that are meant, and their consumers. Default: all. */
  readonly only?: readonly StoreName[];
}

/** A stream as it shall be. */
export interface WantedStream extends StreamShape {
  readonly storage: "file";
  /** Left out: as many as there are, and for a new one as many as there can be. */
  readonly num_replicas?: number;
}

/** Everything that a workspace's store shall have. */
export interface WantedStores {
  readonly provision: Provision;
  readonly streams: readonly WantedStream[];
  readonly consumers: readonly ConsumerShape[];
}

/** The key of metadata by which `apply` knows what it made. */
export const mark = "mesh.workspace";

/** What the policy asks of the store account. */
export function wantedStores(settings: StoreSettings): WantedStores {
  const { workspace, policy, workers, only } = settings;
  const marked = <T extends { readonly metadata: Readonly<Record<string, string>> }>(
    shape: T,
  ): T => ({
    ...shape,
    metadata: { ...shape.metadata, [mark]: workspace },
  });
  const isMeant = (name: StoreName): boolean => only === undefined || only.includes(name);
  return {
    provision: policy.provision ?? "create",
    streams: stores
      .filter(({ name }) => isMeant(name))
      .map((shape) => marked(sized(shape, policy))),
    consumers: consumersOf(policy, workers)
      .filter(({ stream }) => isMeant(stream))
      .map(marked),
  };
}

function sized(shape: StreamShape, { replicas, streams = {} }: WorkspacePolicy): WantedStream {
  const short = streamNames.find((name) => Store[name] === shape.name);
  const size = short === undefined ? undefined : streams[short];
  return {
    ...shape,
    storage: "file",
    max_bytes: size?.maxBytes ?? shape.max_bytes,
    ...(replicas === undefined ? {} : { num_replicas: replicas }),
  };
}
