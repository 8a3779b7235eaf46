import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Codec, Operation } from "../pipeline/index.ts";
import { json } from "../wire/index.ts";

/** A request to a skill whose payloads are sealed, before it is opened. */
export interface SealedRequest {
  readonly operation: Operation;
  readonly caller: string;
  readonly id: string;
}

/** Opens what is sealed for this instance, by the content type that names who sealed it. */
export type Unseal = (contentType: string, about: SealedRequest) => Codec | undefined;

/** How the payload of a request is read; throws `unsupported_content_type`. */
export function requestCodec(
  operation: Operation,
  contentType: string | undefined,
  unsealing: { readonly caller: string; readonly id: string; readonly unseal: Unseal | undefined },
): Codec {
  if (operation.sealed) {
    const { caller, id, unseal } = unsealing;
    const type = contentType ?? json.contentType;
    const codec = unseal?.(type, { operation, caller, id });
    if (codec !== undefined) return codec;
    throw unsupported(
      `${operation.key} takes sealed payloads only, ${ContentType.sealed}; key=X…, got ${type.slice(0, 80)}: call it with the library`,
    );
  }
  return plainCodec(operation, contentType);
}

/** The same for what is not sealed. */
export function plainCodec(operation: Operation, contentType: string | undefined): Codec {
  if (contentType === undefined || contentType === json.contentType) return json;
  if (contentType === operation.request.contentType) return operation.request;
  const known = [...new Set([json.contentType, operation.request.contentType])].join(" or ");
  throw unsupported(`${operation.key} takes ${known}, got ${contentType.slice(0, 80)}`);
}

function unsupported(detail: string): MeshError {
  return new MeshError(MeshCode.UnsupportedContentType, detail);
}
