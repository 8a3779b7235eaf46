import type { Key, PublicKey } from "./key.ts";
import { Recent } from "./recent.ts";
import { hashOf, type Purpose, type Statement, signable, stepBytes } from "./statement.ts";

/**
 * Many statements under one signature: it costs 30 µs to make and 90 to check, some hashes cost three.
 *
 * Signed is the root of a Merkle tree over the statements, with a byte before leaves and another before nodes, so that
 * none passes for the other (RFC 9162 2.1). Each statement carries the root's signature and its own way up, so it
 * stands by itself: `<fields>.<signature>.<way>`. The purpose is part of the leaf; that of the root is its own, so a
 * signature of many is worth nothing as that of one.
 */
export function signTree(purpose: Purpose, bodies: readonly Uint8Array[], key: Key): SignedTree {
  const leaves = leavesFor(purpose);
  let level = bodies.map((body) => leaves(body));
  const ways = bodies.map(() => "");
  for (let span = 1; level.length > 1; span *= 2) {
    for (let at = 0; at < ways.length; at++) {
      const place = Math.floor(at / span);
      const isLeft = place % 2 === 0;
      const sibling = level[isLeft ? place + 1 : place - 1];
      // The last of an odd number goes up as it is.
      if (sibling !== undefined) ways[at] += (isLeft ? onRight : onLeft) + sibling;
    }
    level = parentsOf(level);
  }
  const [root = ""] = level;
  return {
    signature: key.sign(rootSigned(root)),
    ways: ways.map((way) => Buffer.from(way, "latin1")),
  };
}

export interface SignedTree {
  readonly signature: Buffer;
  /** Of each statement, the siblings on its way up: a byte for the side, and 32 of the hash. */
  readonly ways: readonly Buffer[];
}

/** Checks statements that were signed together; of each signature it remembers that it held. */
export class TreeCheck {
  readonly #held: Recent<string, true>;

  constructor(most = 1_000) {
    this.#held = new Recent(most);
  }

  /** Whether the owner of this key signed the statement, with others or alone. */
  holds({ body, signature, way }: Statement, purpose: Purpose, key: PublicKey): boolean {
    if (way === undefined) return key.verify(signable(purpose, body), signature);
    const root = rootOf(leavesFor(purpose)(body), way);
    if (root === undefined) return false;
    const signed = root + Buffer.from(signature).toString("latin1") + key.text;
    if (this.#held.get(signed) === true) return true;
    if (!key.verify(rootSigned(root), signature)) return false;
    this.#held.set(signed, true);
    return true;
  }
}

// Hashes are text, one character a byte: most of what a tree costs would be Buffers.
const leafMark = "\0";
const nodeMark = "\x01";
const onRight = "\x01";
const onLeft = "\0";

/** Makes the leaves of statements for one purpose. */
function leavesFor(purpose: Purpose): (body: Uint8Array) => string {
  const head = Buffer.concat([Buffer.from(leafMark), signable(purpose, none)]);
  return (body) => hashOf(Buffer.concat([head, body]));
}

const none = new Uint8Array(0);

function parentsOf(level: readonly string[]): string[] {
  const parents: string[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at], level[at + 1]];
    if (left !== undefined) parents.push(right === undefined ? left : nodeOf(left, right));
  }
  return parents;
}

function nodeOf(left: string, right: string): string {
  return hashOf(Buffer.from(nodeMark + left + right, "latin1"));
}

/** Undefined where a side is neither left nor right. */
function rootOf(leaf: string, way: Uint8Array): string | undefined {
  const steps = Buffer.from(way).toString("latin1");
  let node = leaf;
  for (let at = 0; at < steps.length; at += stepBytes) {
    const side = steps[at];
    const sibling = steps.slice(at + 1, at + stepBytes);
    if (side !== onLeft && side !== onRight) return undefined;
    node = side === onRight ? nodeOf(node, sibling) : nodeOf(sibling, node);
  }
  return node;
}

function rootSigned(root: string): Uint8Array {
  return signable("mesh.batch.1", Buffer.from(root, "latin1"));
}
