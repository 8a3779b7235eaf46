import { type Contract, check, type Skill } from "../contract/index.ts";
import { MeshCode, MeshError, unknownSkill } from "../errors/index.ts";
import { Frames, type Request, RequestRecord, type ServeLayer } from "../pipeline/index.ts";

/**
 * Decodes and parses the input, and checks what the handler answers before it crosses the wire.
 *
 * Sits next to the handler: whoever is refused outside costs no parsing. The answer is sent as the handler gave it,
 * since the caller parses it; of a stream each frame is checked. A domain error passes only as the skill declares it.
 */
export function validate(contract: Contract, onBroken: OnBroken): ServeLayer {
  const skills = new Map(
    Object.entries(contract.skills).map(([name, skill]) => [
      name,
      new SkillCheck(`${contract.name}.${name}`, skill, onBroken),
    ]),
  );
  return (next) =>
    function validate(request) {
      const { skill: name } = request.operation;
      const skill = skills.get(name);
      if (skill === undefined) {
        return Promise.reject(unknownSkill(contract.name, name, skills.keys()));
      }
      let checked: Request;
      try {
        checked = withInput(request, skill.input(request.codec.decode(request.payload)));
      } catch (error) {
        return Promise.reject(error);
      }
      return next(checked).then(skill.onAnswer, skill.onError);
    };
}

/** Hears what a schema's own code threw, which nobody else is told, and what a handler gave that breaks its contract. */
export type OnBroken = (thrown: unknown, skill: string) => void;

function withInput(request: Request, input: unknown): Request {
  const copy = RequestRecord.from(request);
  copy.input = input;
  return copy;
}

/** One skill's schemas; made once, so that a request makes no function of its own. */
class SkillCheck {
  readonly #key: string;
  readonly #skill: Skill;
  readonly #onBroken: OnBroken;

  constructor(key: string, skill: Skill, onBroken: OnBroken) {
    this.#key = key;
    this.#skill = skill;
    this.#onBroken = onBroken;
  }

  input(value: unknown): unknown {
    try {
      return check(this.#skill.input, value, MeshCode.InvalidInput, `input of ${this.#key}`);
    } catch (error) {
      throw this.#told(error);
    }
  }

  readonly onAnswer = (answer: unknown): unknown => {
    if (this.#skill.streams) {
      return Frames.from(answer as AsyncIterable<unknown>)
        .each(this.#frame)
        .onFailure(this.#failure);
    }
    this.#output(answer, `answer of ${this.#key}`);
    return answer;
  };

  readonly onError = (error: unknown): never => {
    throw this.#failure(error);
  };

  readonly #frame = (frame: unknown): unknown => {
    this.#output(frame, `frame of ${this.#key}`);
    return frame;
  };

  #output(value: unknown, what: string): void {
    try {
      check(this.#skill.output, value, MeshCode.InvalidOutput, what);
    } catch (error) {
      throw this.#told(error);
    }
  }

  #told(error: unknown): unknown {
    const { cause = undefined, code = undefined } = error instanceof MeshError ? error : {};
    // What came in wrong is its caller's business.
    const isOurs = cause !== undefined || code === MeshCode.InvalidOutput;
    if (isOurs) this.#onBroken(cause ?? error, this.#key);
    return error;
  }

  readonly #failure = (error: unknown): unknown => {
    if (!(error instanceof MeshError) || error.domain === undefined) return error;
    const { name, data } = error.domain;
    const what = `error ${JSON.stringify(name)} of ${this.#key}`;
    const schema = Object.hasOwn(this.#skill.errors, name) ? this.#skill.errors[name] : undefined;
    if (schema === undefined) {
      const detail = `${this.#key}: its handler raised ${JSON.stringify(name)}, which is not declared`;
      return this.#told(new MeshError(MeshCode.HandlerFailed, detail, { cause: error }));
    }
    try {
      check(schema, data, MeshCode.InvalidOutput, what);
      return error;
    } catch (misfit) {
      return this.#told(misfit);
    }
  };
}
