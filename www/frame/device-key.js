// A device key (WebAuthn; docs/device-keys.md): bound at top level on the authority's own pages, used in the frame, in place of the
// passcode. Nothing is asked of the authority to use one, so that nobody learns from the frame who has any.

import { AUTHORITY } from './authority.js';

/** The resident may have to find a device, and to read what their system shows. */
const TIMEOUT_MS = 120_000;

/**
 * Whether this browser may ask for one here: not where a relay serves the frame, whose host keys are not made for, and not where
 * the page around forbids it. Browsers that do not tell the latter refuse when they are asked.
 */
export function canUseKey() {
  const here = window.isSecureContext && AUTHORITY === location.origin && !isAddress(location.hostname);
  if (!here || !window.PublicKeyCredential || !navigator.credentials?.get) return false;
  return document.featurePolicy?.allowsFeature('publickey-credentials-get') ?? true;
}

/** Whether one can be made here; said of the authority's own pages, at top level. */
export function canBindKey() {
  return canUseKey() && window.top === window && Boolean(navigator.credentials.create);
}

/**
 * Has a device key sign for a session; called while a press is handled. No key is named: the device shows those that it has for
 * this host.
 *
 * @param challenge of the session's view
 * @returns {Promise<string[]|null>} credential, authenticator data, client data, signature in base64url; null where the browser
 *   or the resident says no
 */
export async function signWithKey(challenge, signal) {
  const publicKey = { challenge: bytesOf(challenge), rpId: location.hostname, allowCredentials: [], userVerification: 'required', timeout: TIMEOUT_MS };
  const made = await navigator.credentials.get({ publicKey, signal }).catch(() => null);
  if (!made) return null;
  const { authenticatorData, clientDataJSON, signature } = made.response;
  return [made.rawId, authenticatorData, clientDataJSON, signature].map(base64url);
}

/**
 * Has the device make a key; called while a press is handled, or soon after.
 *
 * @param options as the authority gives them (PublicKeyCredentialCreationOptionsJSON)
 * @returns {Promise<{client_data: string, attestation: string}|null>} null where the browser or the resident says no
 */
export async function makeKey(options) {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: options.excludeCredentials.map((one) => ({ ...one, id: bytesOf(one.id) })),
  };
  const made = await navigator.credentials.create({ publicKey }).catch(() => null);
  if (!made) return null;
  const { clientDataJSON, attestationObject } = made.response;
  return { client_data: base64url(clientDataJSON), attestation: base64url(attestationObject) };
}

/** No browser takes an address for an RP ID (WebAuthn Level 3, 5.1.3). */
function isAddress(host) {
  return host.startsWith('[') || /^[\d.]+$/.test(host);
}

function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

function base64url(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
