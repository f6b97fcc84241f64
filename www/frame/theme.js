// Which of the colours in theme.css are shown. Before this script, and without it, those that the system asks for.

const ALWAYS = 'all';
const NEVER = 'not all';
const DARK = '(prefers-color-scheme: dark)';
const MORE = '(prefers-contrast: more)';

/**
 * When each block of the sheet counts, in its order: dark, light with more contrast, contrast. Who asks the system for more
 * contrast gets it in the theme that the site chose.
 */
const THEMES = {
  auto: [DARK, MORE, `${MORE} and ${DARK}`],
  light: [NEVER, MORE, NEVER],
  dark: [ALWAYS, NEVER, MORE],
  contrast: [NEVER, NEVER, ALWAYS],
};

/** Shows a theme by its name; `auto` for what is none. */
export function useTheme(wish) {
  const theme = Object.keys(THEMES).includes(wish) ? wish : 'auto';
  const sheet = [...document.styleSheets].find(({ href }) => href?.endsWith('/theme.css'));
  const blocks = [...(sheet?.cssRules ?? [])].filter((rule) => rule instanceof CSSMediaRule);
  blocks.forEach(({ media }, at) => { media.mediaText = THEMES[theme][at]; });
  document.documentElement.dataset.theme = theme;
}
