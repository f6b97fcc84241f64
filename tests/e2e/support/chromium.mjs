/** The browser of all tests: `cargo xtask` names the one that it made sure of. */
export const CHROMIUM = process.env.NOD_CHROMIUM ?? '/usr/bin/chromium';
