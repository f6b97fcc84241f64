//! Templates in the vault: each is stored in the coordinates of the key that sealed it, and is in those of one key, the
//! vault's home, while it is in memory. A key that takes over while a process runs changes what is written and not what is
//! compared.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use nod_protocol::{ids::ModelSetId, payload::Embedding};
use zeroize::Zeroizing;

use super::{Cell, KeyNumber, Vault, VaultError, ring::Ring};
use crate::protect::{ProtectedEmbedding, Rotation};

/// The first byte of a protected template, before its numbers. Without it, numbers are an embedding as it was captured, from
/// before there was protection.
const PROTECTED: u8 = 1;

/// Rotations by key, set and size, made when they are first needed.
#[derive(Default)]
pub(super) struct Rotations(RwLock<HashMap<(KeyNumber, ModelSetId, usize), Arc<Rotation>>>);

impl Vault {
    /// An embedding in the authority's coordinates, to become a template or to be held against one.
    ///
    /// `dimensions` is the set's size: nobody who sends an embedding of another shall have a rotation made for it, which is
    /// the work of a second for the largest.
    pub fn protect(
        &self,
        set: &ModelSetId,
        dimensions: usize,
        embedding: &Embedding,
    ) -> Result<ProtectedEmbedding, VaultError> {
        if embedding.values().len() != dimensions {
            return Err(VaultError::NoTemplate);
        }
        self.rotation(&self.ring(), self.home, set, embedding.values().len())?
            .apply(embedding)
            .map_err(|_| VaultError::NoTemplate)
    }

    /// Encrypts a template for one cell, in the coordinates of the key that seals it.
    pub fn seal_template(
        &self,
        cell: Cell<'_>,
        set: &ModelSetId,
        template: &ProtectedEmbedding,
    ) -> Result<Vec<u8>, VaultError> {
        let ring = self.ring();
        let carried;
        let template = if ring.sealing() == self.home {
            template
        } else {
            carried = self.carried(&ring, set, template, (self.home, ring.sealing()))?;
            &carried
        };
        let numbers = template.to_bytes();
        let mut plain = Zeroizing::new(Vec::with_capacity(1 + numbers.len()));
        plain.push(PROTECTED);
        plain.extend_from_slice(&numbers);
        self.seal_with(&ring, cell, &plain)
    }

    /// Decrypts what [`Vault::seal_template`] made for the same cell and set.
    pub fn open_template(
        &self,
        cell: Cell<'_>,
        set: &ModelSetId,
        stored: &[u8],
    ) -> Result<ProtectedEmbedding, VaultError> {
        let opened = self.open(cell, stored)?;
        let numbers = match opened.split_first() {
            Some((&PROTECTED, numbers)) if numbers.len() % 4 == 0 => numbers,
            _ => {
                let plain = Embedding::from_bytes(&opened).map_err(|_| VaultError::NoTemplate)?;
                return self.protect(set, plain.values().len(), &plain);
            }
        };
        let template =
            ProtectedEmbedding::from_bytes(numbers).map_err(|_| VaultError::NoTemplate)?;
        let number = stored.first().copied().map_or(self.home, KeyNumber);
        if number == self.home {
            return Ok(template);
        }
        self.carried(&self.ring(), set, &template, (number, self.home))
    }

    /// The same template sealed with the key that is in use now, in its coordinates.
    pub fn seal_template_again(
        &self,
        cell: Cell<'_>,
        set: &ModelSetId,
        stored: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let template = self.open_template(cell, set, stored)?;
        self.seal_template(cell, set, &template)
    }

    /// From one key's coordinates to another's.
    fn carried(
        &self,
        ring: &Ring,
        set: &ModelSetId,
        template: &ProtectedEmbedding,
        (from, to): (KeyNumber, KeyNumber),
    ) -> Result<ProtectedEmbedding, VaultError> {
        let size = template.values().len();
        let plain = self.rotation(ring, from, set, size)?.back(template);
        let plain = plain.map_err(|_| VaultError::NoTemplate)?;
        let carried = self.rotation(ring, to, set, size)?.apply(&plain);
        carried.map_err(|_| VaultError::NoTemplate)
    }

    /// Those that were made stay for as long as the process runs: what is in memory is in the coordinates of a key that may
    /// be gone meanwhile.
    fn rotation(
        &self,
        ring: &Ring,
        number: KeyNumber,
        set: &ModelSetId,
        size: usize,
    ) -> Result<Arc<Rotation>, VaultError> {
        let name = (number, set.clone(), size);
        let known = self.rotations.0.read();
        if let Some(known) = known.unwrap_or_else(PoisonError::into_inner).get(&name) {
            return Ok(known.clone());
        }
        let key = match number == self.home {
            true => &self.home_key,
            false => ring.templates(number)?,
        };
        let made = Arc::new(Rotation::new(key, set, size));
        let mut known = self
            .rotations
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(name).or_insert(made).clone())
    }
}
