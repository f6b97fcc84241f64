//! Reads an IR's description: its layers in order, and who reads from whom.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::IrError;

/// A parsed description beside its weights.
pub(super) struct Ir<'a> {
    pub(super) name: &'a str,
    /// In the order of computation.
    pub(super) layers: Vec<Layer<'a>>,
    /// (reader, port) to the layer that is read.
    edges: BTreeMap<(u32, usize), u32>,
    bin: &'a [u8],
}

/// One layer; it has one output, or none.
pub(super) struct Layer<'a> {
    pub(super) id: u32,
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    /// Shape of the output.
    pub(super) dims: Vec<i64>,
    data: BTreeMap<&'a str, &'a str>,
}

impl<'a> Ir<'a> {
    pub(super) fn read(document: &'a Document<'_>, bin: &'a [u8]) -> Result<Self, IrError> {
        let net = document.root_element();
        match net.attribute("version") {
            Some("11") => {}
            other => return Err(IrError::Version(other.unwrap_or("unknown").to_owned())),
        }
        let layers = elements(net, "layers", "layer")
            .map(Layer::read)
            .collect::<Result<_, _>>()?;
        let edges = elements(net, "edges", "edge")
            .map(edge)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: net.attribute("name").unwrap_or("network"),
            layers,
            edges,
            bin,
        })
    }

    /// The layer that enters `reader` at `port`.
    pub(super) fn source(&self, reader: &Layer<'_>, port: usize) -> Option<&Layer<'a>> {
        let id = self.edges.get(&(reader.id, port))?;
        self.layers.iter().find(|layer| layer.id == *id)
    }

    /// As [`Self::source`], but looking through a `Convert`.
    pub(super) fn behind_convert(&self, reader: &Layer<'_>, port: usize) -> Option<&Layer<'a>> {
        let source = self.source(reader, port)?;
        if source.kind == "Convert" {
            self.source(source, 0)
        } else {
            Some(source)
        }
    }

    /// The layer that reads from `id`, if there is exactly one.
    pub(super) fn only_reader(&self, id: u32) -> Option<&Layer<'a>> {
        let mut readers = self.edges.iter().filter(|(_, source)| **source == id);
        let ((reader, _), _) = readers.next()?;
        if readers.next().is_some() {
            return None;
        }
        self.layers.iter().find(|layer| layer.id == *reader)
    }

    /// The bytes of a `Const` layer.
    pub(super) fn constant(&self, layer: &Layer<'_>) -> Result<&'a [u8], IrError> {
        let offset = layer.number("offset")?;
        let size = layer.number("size")?;
        let end = offset.checked_add(size);
        end.and_then(|end| self.bin.get(offset..end))
            .ok_or_else(|| IrError::OutOfRange(layer.name.to_owned()))
    }
}

impl<'a> Layer<'a> {
    fn read(node: Node<'a, '_>) -> Result<Self, IrError> {
        let name = node.attribute("name").unwrap_or_default();
        let malformed = |attribute| IrError::Malformed {
            element: format!("layer {name}"),
            attribute,
        };
        let id = node.attribute("id").and_then(|id| id.parse().ok());
        let data = child(node, "data");
        let port = child(node, "output").and_then(|output| child(output, "port"));
        let dims = port.into_iter().flat_map(|port| named(port, "dim"));
        Ok(Self {
            id: id.ok_or_else(|| malformed("id"))?,
            name,
            kind: node.attribute("type").ok_or_else(|| malformed("type"))?,
            dims: dims
                .map(|dim| dim.text().and_then(|text| text.parse().ok()))
                .collect::<Option<_>>()
                .ok_or_else(|| malformed("dim"))?,
            data: data
                .into_iter()
                .flat_map(|data| data.attributes())
                .map(|attribute| (attribute.name(), attribute.value()))
                .collect(),
        })
    }

    /// An attribute of the layer's `data` element.
    pub(super) fn data(&self, attribute: &str) -> Option<&'a str> {
        self.data.get(attribute).copied()
    }

    /// An attribute that lists integers: `"1, 1"`.
    pub(super) fn numbers(&self, attribute: &'static str) -> Result<Vec<i64>, IrError> {
        let list = self
            .data(attribute)
            .ok_or_else(|| self.malformed(attribute))?;
        let numbers = list.split(',').map(|number| number.trim().parse());
        numbers
            .collect::<Result<_, _>>()
            .map_err(|_| self.malformed(attribute))
    }

    fn number(&self, attribute: &'static str) -> Result<usize, IrError> {
        let number = self.data(attribute).and_then(|number| number.parse().ok());
        number.ok_or_else(|| self.malformed(attribute))
    }

    pub(super) fn malformed(&self, attribute: &'static str) -> IrError {
        IrError::Malformed {
            element: format!("layer {}", self.name),
            attribute,
        }
    }

    pub(super) fn unsupported(&self, what: &str) -> IrError {
        IrError::Unsupported {
            layer: self.name.to_owned(),
            what: what.to_owned(),
        }
    }

    pub(super) fn order(&self) -> IrError {
        IrError::Order(self.name.to_owned())
    }
}

/// ((reader, port), source). Input ports are numbered from 0, before a layer's outputs.
fn edge(node: Node<'_, '_>) -> Result<((u32, usize), u32), IrError> {
    fn number<T: std::str::FromStr>(
        node: Node<'_, '_>,
        attribute: &'static str,
    ) -> Result<T, IrError> {
        let number = node
            .attribute(attribute)
            .and_then(|number| number.parse().ok());
        number.ok_or_else(|| IrError::Malformed {
            element: "edge".to_owned(),
            attribute,
        })
    }
    let reader = (number(node, "to-layer")?, number(node, "to-port")?);
    Ok((reader, number(node, "from-layer")?))
}

fn elements<'a, 'i>(
    net: Node<'a, 'i>,
    list: &'static str,
    each: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    child(net, list)
        .into_iter()
        .flat_map(move |list| named(list, each))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    named(node, name).next()
}

fn named<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.has_tag_name(name))
}
