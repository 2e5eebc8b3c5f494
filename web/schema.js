/**
 * The effect's JSON Schema, as the server's catalog has it, read as knobs: whatever the server can do shows up here.
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {'choice' | 'switch' | 'number' | 'pair' | 'point' | 'color' | 'asset' | 'model' | 'list' | 'text'} type
 * @property {boolean} optional null means: as measured, or off
 * @property {any} fallback its default
 * @property {(string | number)[]} values of a choice
 * @property {number} minimum
 * @property {number} maximum
 * @property {string} unit
 * @property {boolean} automatic of a colour: `auto` is one of its values
 * @property {string} pattern of a text
 * @property {string} description
 *
 * @typedef {{[name: string]: any}} Schema
 */

/** @param {Schema} root @param {Schema} schema @returns {Schema} what a reference points at */
function resolved(root, schema) {
  const [, , name] = schema.$ref?.split('/') ?? [];
  return name ? { ...root.$defs[name], ...schema } : schema;
}

/**
 * The kinds that an object of the effect comes in, such as matting's: kind to schema.
 * @param {Schema} root @param {string} part @returns {Map<string, Schema>}
 */
export function kinds(root, part) {
  const schema = resolved(root, root.properties[part]);
  const models = (schema.oneOf ?? schema.anyOf ?? [schema]).map((/** @type {Schema} */ one) => resolved(root, one));
  return new Map(models.map((/** @type {Schema} */ model) => [kindOf(model), model]));
}

/** @param {Schema} model */
function kindOf(model) {
  const kind = model.properties.kind;
  return kind?.const ?? kind?.enum?.[0] ?? kind?.default ?? '';
}

/** The knobs of an object, its kind apart. @param {Schema} root @param {Schema} model @returns {Field[]} */
export function fields(root, model) {
  return Object.entries(model.properties)
    .filter(([name]) => name !== 'kind')
    .map(([name, schema]) => field(root, name, schema))
    .filter((one) => one !== null);
}

/** The knobs of a part that comes in one kind only, such as the edge. @param {Schema} root @param {string} part */
export function fieldsOf(root, part) {
  return fields(root, resolved(root, root.properties[part]));
}

/** The knobs of the effect itself: those of its properties that are no objects. @param {Schema} root */
export function plainFields(root) {
  const plain = Object.entries(root.properties).filter(([, schema]) => !isObject(root, schema));
  return fields(root, { properties: Object.fromEntries(plain) });
}

/** @param {Schema} root @param {Schema} schema @returns {boolean} */
function isObject(root, schema) {
  const whole = resolved(root, schema);
  return Boolean(whole.properties || (whole.oneOf ?? []).length);
}

/** @param {Schema} root @param {string} name @param {Schema} given @returns {Field | null} */
function field(root, name, given) {
  const outer = resolved(root, given);
  const choices = (outer.anyOf ?? [outer]).map((/** @type {Schema} */ one) => resolved(root, one));
  const schema = { ...outer, ...choices.find((/** @type {Schema} */ one) => one.type !== 'null') };
  const type = typeOf(schema);
  if (!type) return null;
  const range = type === 'pair' || type === 'point' ? resolved(root, schema.prefixItems?.[0] ?? {}) : schema;
  return {
    name,
    type,
    optional: choices.some((/** @type {Schema} */ one) => one.type === 'null'),
    fallback: outer.default ?? null,
    values: schema.enum ?? (schema.const ? [schema.const] : []),
    minimum: range.minimum ?? range.exclusiveMinimum ?? 0,
    maximum: range.maximum ?? range.exclusiveMaximum ?? 1,
    unit: schema['x-unit'] ?? outer['x-unit'] ?? '',
    automatic: String(schema.pattern ?? '').startsWith('^auto'),
    pattern: schema.pattern ?? '',
    description: outer.description ?? '',
  };
}

/** @param {Schema} schema @returns {Field['type'] | null} */
function typeOf(schema) {
  if (schema.enum) return 'choice';
  if (schema.const !== undefined) return null; // one value only: nothing to turn
  if (schema.format === 'color') return 'color';
  if (schema.format === 'model') return 'model';
  if (schema.format === 'model-spec') return null; // of a file beside the model: nothing that a page knows
  if (schema.type === 'boolean') return 'switch';
  if (schema.type === 'number' || schema.type === 'integer') return 'number';
  if (schema.format === 'point') return 'point';
  if (schema.type === 'array') return schema.maxItems === 2 ? 'pair' : 'list';
  if (schema.type === 'string' && String(schema.pattern ?? '').includes(':_-')) return 'asset';
  return schema.type === 'string' ? 'text' : null;
}
