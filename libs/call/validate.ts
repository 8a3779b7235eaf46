import { type Contract, check, readDomainError, type Skill } from "../contract/index.ts";
import { MeshCode, MeshError, unknownSkill } from "../errors/index.ts";
import { Frames, type Layer, type Reply } from "../pipeline/index.ts";

/**
 * Checks the input before anything crosses the wire, and the answer before the caller sees it.
 *
 * Sits outside everything that waits: a bad call costs no network. The input goes on as it was given, since the
 * far side parses it; the answer is parsed here, a stream frame by frame as it is read.
 */
export function validate(contract: Contract): Layer {
  const skills = new Map(
    Object.entries(contract.skills).map(([name, skill]) => [
      name,
      new SkillCheck(`${contract.name}.${name}`, skill),
    ]),
  );
  return (next) =>
    function validate(call) {
      const { skill: name } = call.operation;
      const skill = skills.get(name);
      if (skill === undefined) {
        return Promise.reject(unknownSkill(contract.name, name, skills.keys()));
      }
      try {
        skill.input(call.input);
      } catch (error) {
        return Promise.reject(error);
      }
      return next(call).then(skill.onReply, skill.onError);
    };
}

/** One skill's schemas; made once, so that a call makes no function of its own. */
class SkillCheck {
  readonly #key: string;
  readonly #skill: Skill;

  constructor(key: string, skill: Skill) {
    this.#key = key;
    this.#skill = skill;
  }

  input(value: unknown): void {
    check(this.#skill.input, value, MeshCode.InvalidInput, `input of ${this.#key}`);
  }

  readonly onReply = (reply: Reply): Reply => {
    const { instance, load } = reply;
    if (!this.#skill.streams) return { value: this.#answer(reply.value), instance, load };
    const frames = Frames.from(reply.value as AsyncIterable<unknown>);
    return { value: frames.each(this.#frame).onFailure(this.#failure), instance, load };
  };

  readonly onError = (error: unknown): never => {
    throw this.#failure(error);
  };

  readonly #answer = (value: unknown): unknown =>
    this.#parse(this.#skill.output, value, `answer of ${this.#key}`);

  readonly #frame = (value: unknown): unknown =>
    this.#parse(this.#skill.output, value, `frame of ${this.#key}`);

  readonly #failure = (error: unknown): unknown =>
    error instanceof MeshError ? readDomainError(error, this.#skill, this.#key) : error;

  #parse(schema: Skill["output"], value: unknown, what: string): unknown {
    try {
      return check(schema, value, MeshCode.InvalidOutput, what);
    } catch (error) {
      const { detail } = MeshError.from(error, MeshCode.InvalidOutput);
      throw invalid(detail, error);
    }
  }
}

function invalid(detail: string, cause: unknown): MeshError {
  return new MeshError(MeshCode.InvalidOutput, detail, { origin: "peer", cause });
}
