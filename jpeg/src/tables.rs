//! The tables in force at a point of the file (B.2.4).

use crate::{
    error::{Damage, Error},
    huffman::{Class, Specification},
    quantiser::Steps,
};

/// The tables in force, as they stand in the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables<'a> {
    dc: [Option<Specification<'a>>; 4],
    ac: [Option<Specification<'a>>; 4],
    quantisers: [Option<Steps>; 4],
    /// Number of MCUs between restart markers; 0 for none (B.2.4.4).
    pub(crate) restart_interval: u32,
}

impl<'a> Tables<'a> {
    /// Reads the parameters of DHT (B.2.4.2).
    pub(crate) fn read_huffman(&mut self, mut parameters: &'a [u8]) -> Result<(), Error> {
        while let [class_and_number, rest @ ..] = parameters {
            let (specification, rest) = Specification::read(rest).ok_or(Damage::Table)?;
            let class = match class_and_number >> 4 {
                0 => Class::Dc,
                1 => Class::Ac,
                _ => return Err(Damage::Table.into()),
            };
            let number = usize::from(class_and_number & 15);
            *self.of_class(class).get_mut(number).ok_or(Damage::Table)? = Some(specification);
            parameters = rest;
        }
        Ok(())
    }

    /// Reads the parameters of DQT (B.2.4.1).
    pub(crate) fn read_quantisers(&mut self, mut parameters: &[u8]) -> Result<(), Error> {
        while let [precision_and_number, rest @ ..] = parameters {
            let (steps, rest) = Steps::read(precision_and_number >> 4, rest).ok_or(Damage::Table)?;
            *self.quantisers.get_mut(usize::from(precision_and_number & 15)).ok_or(Damage::Table)? =
                Some(steps);
            parameters = rest;
        }
        Ok(())
    }

    /// Reads the parameters of DRI (B.2.4.4).
    pub(crate) fn read_restart_interval(&mut self, parameters: &[u8]) -> Result<(), Error> {
        let (interval, _) = parameters.split_first_chunk().ok_or(Damage::Segment)?;
        self.restart_interval = u16::from_be_bytes(*interval).into();
        Ok(())
    }

    fn of_class(&mut self, class: Class) -> &mut [Option<Specification<'a>>; 4] {
        match class {
            Class::Dc => &mut self.dc,
            Class::Ac => &mut self.ac,
        }
    }

    /// Puts a Huffman table into force. Returns false if nothing changes.
    pub(crate) fn set_huffman(&mut self, class: Class, number: usize, table: Specification<'a>) -> bool {
        let place = self.of_class(class).get_mut(number);
        place.is_some_and(|place| place.replace(table) != Some(table))
    }

    /// Puts a quantisation table into force. Returns false if nothing changes.
    pub(crate) fn set_steps(&mut self, number: usize, steps: Steps) -> bool {
        self.quantisers.get_mut(number).is_some_and(|place| place.replace(steps) != Some(steps))
    }

    /// Returns the Huffman table of this class and number.
    pub(crate) fn huffman(&self, class: Class, number: usize) -> Result<Specification<'a>, Error> {
        let tables = match class {
            Class::Dc => &self.dc,
            Class::Ac => &self.ac,
        };
        tables.get(number).copied().flatten().ok_or(Damage::Table.into())
    }

    /// Returns the quantisation table of this number.
    pub(crate) fn steps(&self, number: usize) -> Result<Steps, Error> {
        self.quantisers.get(number).copied().flatten().ok_or(Damage::Table.into())
    }
}
