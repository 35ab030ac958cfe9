import { chooseTheme, chosenTheme, type Theme } from './theme.ts';

export function ThemeSwitch() {
  return (
    <select
      class="theme"
      aria-label="Colours"
      value={chosenTheme.value}
      onChange={({ currentTarget }) => chooseTheme(currentTarget.value as Theme)}
    >
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
