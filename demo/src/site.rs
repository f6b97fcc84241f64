//! One relying party: its address, its registration with the authority, its visitors.

use std::sync::Arc;

use crate::authority::Authority;
use crate::config::{Config, Script};
use crate::visitors::Visitors;

/// A site with all its request handlers share.
pub(crate) struct Site {
    /// Name in titles and headings.
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    /// As browsers see it, and as answers must name it.
    pub(crate) origin: String,
    pub(crate) sitekey: &'static str,
    /// The one thing this site asks a confirmation for.
    pub(crate) action: &'static str,
    /// Style sheet with this site's colours.
    pub(crate) colours: &'static str,
    pub(crate) authority: Authority,
    pub(crate) script: Script,
    pub(crate) visitors: Visitors,
}

impl Site {
    /// The court: files a claim in the name of the account's owner.
    pub(crate) fn court(config: &Config) -> anyhow::Result<Arc<Self>> {
        let site = Named {
            label: "court",
            secret: "court",
            cookie: "visit",
            name: "Riverbend District Court",
            sitekey: "pk_court",
            action: "efile-submit",
            colours: include_str!("../pages/court.css"),
        };
        site.build(config, config.ports.court)
    }

    /// The benefits office: the yearly confirmation that keeps a pension running.
    pub(crate) fn benefits(config: &Config) -> anyhow::Result<Arc<Self>> {
        let site = Named {
            label: "benefits",
            secret: "benefits",
            cookie: "visit",
            name: "Social Security Office",
            sitekey: "pk_benefits",
            action: "benefits-status",
            colours: include_str!("../pages/benefits.css"),
        };
        site.build(config, config.ports.benefits)
    }

    /// The hotel: check-in without showing a card at the desk.
    pub(crate) fn hotel(config: &Config) -> anyhow::Result<Arc<Self>> {
        let site = Named {
            label: "hotel",
            secret: "hotel",
            cookie: "visit",
            name: "Hotel Lindenhof",
            sitekey: "pk_hotel",
            action: "check-in",
            colours: include_str!("../pages/hotel.css"),
        };
        site.build(config, config.ports.hotel)
    }

    /// The kiosk at the hotel's reception: registered by itself, since its answers carry no pseudonym that lasts.
    pub(crate) fn hotel_desk(config: &Config) -> anyhow::Result<Arc<Self>> {
        let site = Named {
            label: "hotel",
            secret: "hotel_desk",
            cookie: "party",
            name: "Hotel Lindenhof",
            sitekey: "pk_hotel_desk",
            action: "check-in",
            colours: include_str!("../pages/hotel.css"),
        };
        site.build(config, config.ports.hotel)
    }

    /// The internet café: a screen that one guest after another uses.
    pub(crate) fn cafe(config: &Config) -> anyhow::Result<Arc<Self>> {
        let site = Named {
            label: "cafe",
            secret: "cafe",
            cookie: "seat",
            name: "Café Lumen",
            sitekey: "pk_cafe",
            action: "log-on",
            colours: include_str!("../pages/cafe.css"),
        };
        site.build(config, config.ports.cafe)
    }
}

struct Named {
    label: &'static str,
    /// What its secret is called.
    secret: &'static str,
    cookie: &'static str,
    name: &'static str,
    sitekey: &'static str,
    action: &'static str,
    colours: &'static str,
}

impl Named {
    fn build(self, config: &Config, port: u16) -> anyhow::Result<Arc<Site>> {
        Ok(Arc::new(Site {
            name: self.name,
            port,
            origin: format!("http://{}.localhost:{port}", self.label),
            sitekey: self.sitekey,
            action: self.action,
            colours: self.colours,
            authority: Authority::new(config, config.secret(self.secret)?),
            script: config.script.clone(),
            visitors: Visitors::new(self.cookie),
        }))
    }
}
