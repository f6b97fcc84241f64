//! What the frame shows of the signed answer.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;

/// The `yes` of a compact JWS, unchecked: a hint for the interface. The signature is for the site's back end
/// to check; whoever could change the token here could change the screen as well.
///
/// Nothing when the token does not have the form of an answer.
pub fn peek_yes(token: &str) -> Option<bool> {
    #[derive(Deserialize)]
    struct Claims {
        yes: bool,
    }
    let claims = token.split('.').nth(1)?;
    let json = Base64UrlUnpadded::decode_vec(claims).ok()?;
    Some(serde_json::from_slice::<Claims>(&json).ok()?.yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_yes_is_read_and_anything_else_is_nothing() {
        // {"yes":true}, {"yes":false}
        assert_eq!(peek_yes("e30.eyJ5ZXMiOnRydWV9.c2ln"), Some(true));
        assert_eq!(peek_yes("e30.eyJ5ZXMiOmZhbHNlfQ.c2ln"), Some(false));
        for other in [
            "",
            "e30",
            "e30.e30.c2ln",
            "e30.!.c2ln",
            "e30.eyJ5ZXMiOjF9.c2ln",
        ] {
            assert_eq!(peek_yes(other), None, "{other}");
        }
    }
}
