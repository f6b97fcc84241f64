//! The check of an answer by the site's back end: for this site, in time, and for the first time.

use std::collections::BTreeMap;

use nod_protocol::{
    answer::{AnswerError, AnswerVerifyingKey, Claims, Expected, LEEWAY},
    codes::Code,
    http::{SiteverifyReply, SiteverifyRequest},
    ids::SiteKey,
};

use crate::{
    answer::is_expected, clock::UnixSeconds, error::Error, state::Authority, test_keys, traffic,
    traffic::Caller,
};

/// Checks an answer once. A token that is no valid answer is a reply with `success: false` and its
/// code; an error means that the authority could not look.
pub async fn siteverify(
    authority: &Authority,
    caller: Caller,
    request: SiteverifyRequest,
) -> Result<SiteverifyReply, Error> {
    let now = authority.now();
    let checked = match test_keys::check(authority, &request, now)? {
        Some(checked) => checked,
        None => {
            let Some(site) = authority.site_by_secret(&request.secret).await? else {
                // Whoever does not know a secret is known by nothing but the address.
                traffic::by_address(authority, caller).await?;
                return Ok(refused(Code::ConfigBadSession));
            };
            traffic::check_for(authority, &site).await?;
            check(authority, &request.response, &site.site_key, now)
        }
    };
    let claims = match checked {
        Ok(claims) => claims,
        Err(AnswerError::Expired) => return Ok(refused(Code::AnswerExpired)),
        Err(_) => return Ok(refused(Code::AnswerInvalid)),
    };
    // Kept as long as any check could still accept the token.
    if !authority
        .store
        .use_answer(&claims.jti, claims.exp + LEEWAY)
        .await?
    {
        return Ok(refused(Code::AnswerAlreadyUsed));
    }
    let sub = claims.sub.as_deref().unwrap_or_default();
    let is_about_them = is_expected(sub, request.expected_sub.as_deref());
    let yes = claims.yes && is_about_them;
    Ok(SiteverifyReply {
        success: true,
        yes: Some(yes),
        origin: Some(claims.origin),
        action: Some(claims.action),
        rp_nonce: claims.rp_nonce,
        bind: claims.bind,
        acr: Some(claims.acr),
        amr: claims.amr,
        sub: claims.sub,
        // About somebody else they are no answers.
        answers: if yes { claims.answers } else { BTreeMap::new() },
        iat: Some(claims.iat),
        exp: Some(claims.exp),
        test: claims.test,
        error_codes: vec![],
    })
}

fn check(
    authority: &Authority,
    token: &str,
    site: &SiteKey,
    now: UnixSeconds,
) -> Result<Claims, AnswerError> {
    let kid = AnswerVerifyingKey::id_of(token).ok_or(AnswerError::Malformed)?;
    let key = authority
        .keys
        .snapshot()
        .answer_verifying_key(&kid, now)
        .ok_or(AnswerError::Signature)?;
    let issuer = authority.config.issuer.as_str();
    key.verify(
        token,
        &Expected {
            issuer,
            audience: site,
            now,
        },
    )
}

fn refused(code: Code) -> SiteverifyReply {
    SiteverifyReply {
        error_codes: vec![code.as_str().to_owned()],
        ..SiteverifyReply::default()
    }
}
