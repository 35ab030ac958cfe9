const DURATION = /^\d+(\.\d+)?\s*(ms|s|sec|m|min|h|d)$/i;
const OLD_BOOLEAN = /^(y|n|yes|no|on|off)$/i;

/** What is to be said beside the rule of an error, for mistakes that are made in files. */
export function hintFor(rule: string, value: unknown, template: string | undefined): string {
  if (typeof value !== 'string') return '';
  if (template !== undefined) {
    return /string|one of|status|URL|name/.test(rule)
      ? ''
      : ' (what comes from the environment is a string)';
  }
  if (rule.includes('milliseconds') && DURATION.test(value)) {
    return ' (durations are numbers of milliseconds: 30s is 30000)';
  }
  if (rule.includes('boolean') && OLD_BOOLEAN.test(value)) {
    return ' (in YAML 1.2 they are true and false)';
  }
  return '';
}
