import { ContentType } from "@myelin/subjects";
import protobuf from "protobufjs";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Codec } from "../pipeline/index.ts";

/** The messages of a contract's protobuf source; throws `invalid_argument` when it cannot be read. */
export function parseProtobuf(source: string): (message: string) => Codec {
  let root: protobuf.Root;
  try {
    root = protobuf.parse(source, { keepCase: true }).root;
    root.resolveAll();
  } catch (error) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `the contract's protobuf cannot be read: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
  return (name) => protobufCodec(root, name);
}

function protobufCodec(root: protobuf.Root, name: string): Codec {
  const type = lookUp(root, name);
  return Object.freeze({
    contentType: ContentType.protobuf,
    encode(value: unknown): Uint8Array {
      try {
        const message = type.fromObject(value as Record<string, unknown>);
        const problem = type.verify(message);
        if (problem === null) return type.encode(message).finish();
        throw malformed(name, problem);
      } catch (error) {
        if (error instanceof MeshError) throw error;
        throw malformed(name, error instanceof Error ? error.message : String(error));
      }
    },
    decode(payload: Uint8Array): unknown {
      try {
        return type.toObject(type.decode(payload), {
          longs: Number,
          enums: String,
          defaults: true,
          arrays: true,
        });
      } catch (error) {
        throw malformed(name, error instanceof Error ? error.message : String(error));
      }
    },
  });
}

function lookUp(root: protobuf.Root, name: string): protobuf.Type {
  try {
    return root.lookupType(name);
  } catch (error) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `the contract's protobuf has no message ${name}`,
      {
        cause: error,
      },
    );
  }
}

function malformed(name: string, problem: string): MeshError {
  return new MeshError(MeshCode.MalformedPayload, `not a protobuf message ${name}: ${problem}`);
}
