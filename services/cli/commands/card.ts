import { askCard, type Card, type SkillCard } from "../card.ts";
import { type Context, look, printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { shellWord } from "../hints.ts";
import { example, shape } from "../shape.ts";
import { duration } from "../table.ts";
import { plain } from "../terminal.ts";

/** Shows an agent's contract. */
export async function card(context: Context, agent: string): Promise<number> {
  await using observer = await look(context);
  const found = await askCard(observer, agent);
  if (context.json) printJson(context, found);
  else context.terminal.out.write(plainCard(context, found));
  return Exit.ok;
}

function plainCard({ palette }: Context, card: Card): string {
  const { agent, version, description, skills, events = [] } = card;
  const { bold, dim } = palette;
  const head = `${bold(agent)} ${plain(version)}${description === "" ? "" : `  ${plain(description)}`}`;
  const lines = skills.flatMap((skill) => [
    "",
    `  ${bold(plain(skill.name))}${skill.description === "" ? "" : `  ${plain(skill.description)}`}`,
    `    ${dim("takes ")} ${plain(shape(skill.input))}`,
    `    ${dim(skill.streams ? "yields" : "gives ")} ${plain(shape(skill.output))}`,
    ...Object.entries(skill.errors).map(
      ([name, schema]) => `    ${dim("fails ")} ${plain(name)} ${plain(shape(schema))}`,
    ),
    `    ${dim("terms ")} ${terms(skill)}`,
    `    ${dim("try   ")} myelin call ${agent} ${plain(skill.name)} ${shellWord(plain(JSON.stringify(example(skill.input))))}`,
  ]);
  const told = events.flatMap(({ name, description: what, data, signed }) => [
    "",
    `  ${bold(plain(`${agent}.${name}`))}${what === "" ? "" : `  ${plain(what)}`}`,
    `    ${dim("tells ")} ${plain(shape(data))}${signed ? ", signed" : ""}`,
  ]);
  return `${[head, trust(card, palette), ...lines, ...told, "", dim("--json shows the JSON Schemas")].join("\n")}\n`;
}

/** Whether it can be believed, and why it cannot. */
function trust({ verified, unverified }: Card, { green, yellow }: Context["palette"]): string {
  if (verified)
    return `  ${green("verified")}: its agent signed it, and its issuer attests the skills`;
  return `  ${yellow("not verified")}: ${plain(unverified ?? "nobody says why")}`;
}

function terms({ deadlineMs, idempotent, streams, contentType, sealed }: SkillCard): string {
  return [
    `${duration(deadlineMs)} ${streams ? "to the first frame" : "to answer"}`,
    idempotent ? "idempotent" : "not idempotent",
    ...(contentType === "application/json" ? [] : [plain(contentType)]),
    ...(sealed ? ["sealed"] : []),
  ].join(", ");
}
