//! The picture as it is: every code is read, and the entropy-coded data are copied bit for bit.

use crate::{
    decode::Decoder,
    error::{Damage, Error},
    header::{Headers, Selector},
    observer::{Observer, ScanObserver},
    output::Output,
    picture::Jpeg,
    scan::Scan,
    tables::Tables,
};

impl<'a> Jpeg<'a> {
    /// Reads every code of every scan, and makes nothing of them. Without an error, a decoder will find each block.
    pub fn verify(&self) -> Result<(), Error> {
        self.each_scan(&mut (), |_, _, _| Ok(()))
    }

    /// Reads codes up to the first that cannot be read, and tells the part of the picture before it, in percent. `None` if
    /// there is no such code, or only one behind the last block: the damage may be anywhere then. `None` as well for
    /// components that have a scan each, since the others may be whole.
    ///
    /// Codes that are wrong may go on as others for a while: the damage itself may lie before.
    #[must_use]
    pub fn readable_percent(&self) -> Option<u8> {
        if !self.interleaved {
            return None;
        }
        let (scan, from) = self.scans().next(&self.frame).ok()??;
        let mut begun = 0_u32;
        let read = read_codes(Decoder::new(self.bytes, from, &scan), &scan, &mut (), |_| begun += 1);
        if matches!(read, Ok(_) | Err(Error::Damaged(Damage::ExtraData))) {
            return None;
        }
        u8::try_from(u64::from(begun.saturating_sub(1)) * 100 / u64::from(scan.mcu_count().max(1))).ok()
    }

    /// Writes the same picture into a new file: the same entropy-coded data, behind fresh headers. Metadata, unused
    /// tables and all bytes behind the picture are left out.
    pub fn keep(&self, output: &mut dyn Output) -> Result<(), Error> {
        self.keep_observed(output, &mut ())
    }

    pub(crate) fn keep_observed(
        &self,
        output: &mut dyn Output,
        observer: &mut impl Observer,
    ) -> Result<(), Error> {
        let mut headers = Headers::new(output);
        self.each_scan(observer, |scan, tables, data| {
            for component in &scan.components {
                headers.quantiser(self.frame.components[component.index].quantiser, &component.steps);
            }
            headers.frame(&self.frame);
            for ((class, number), _) in &scan.tables {
                headers.huffman(*class, *number, &tables.huffman(*class, *number)?);
            }
            headers.restart_interval(scan.restart_interval);
            let number = |table: usize| scan.tables[table].0.1;
            headers.scan(scan.components.iter().map(|component| Selector {
                index: component.index,
                dc: number(component.dc),
                ac: number(component.ac),
            }));
            headers.output().write(data);
            Ok(())
        })?;
        headers.end();
        Ok(())
    }

    /// Verifies each scan, and hands its tables and data on.
    fn each_scan(
        &self,
        observer: &mut impl Observer,
        mut each: impl FnMut(&Scan, &Tables<'a>, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut scans = self.scans();
        while let Some((scan, from)) = scans.next(&self.frame)? {
            let decoder = Decoder::new(self.bytes, from, &scan);
            let to = read_codes(decoder, &scan, &mut observer.scan(&self.frame, &scan), |_| {})?;
            each(&scan, &scans.tables, self.bytes.get(from..to).unwrap_or_default())?;
            scans.go_on(to);
        }
        Ok(())
    }
}

/// Reads every code of a scan. `at_mcu` sees the decoder at each MCU's first block, and the observer all coefficients.
/// Returns the offset of the marker behind the data.
pub(crate) fn read_codes<'a, 's>(
    mut decoder: Decoder<'a, 's>,
    scan: &Scan,
    observer: &mut impl ScanObserver,
    mut at_mcu: impl FnMut(&Decoder<'a, 's>),
) -> Result<usize, Error> {
    for _ in 0..scan.mcu_count() {
        decoder.begin_mcu()?;
        at_mcu(&decoder);
        observer.begin_mcu();
        for (index, component) in scan.components.iter().enumerate() {
            for _ in 0..component.block_count() {
                if observer.begin_block(decoder.dc(index, component)?) {
                    decoder.ac(component, |place, coefficient| observer.ac(place, coefficient))?;
                    observer.end_block();
                } else {
                    decoder.ac(component, |_, _| {})?;
                }
            }
        }
    }
    decoder.end()
}
