//! A column of a row group while it grows: compressed pages, and at the end the texts that their numbers mean.

use bytes::Bytes;
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    column::{
        page::{CompressedPage, Page, PageWriter},
        writer::ColumnCloseResult,
    },
    errors::ParquetError,
    file::{
        metadata::ColumnChunkMetaData,
        writer::{SerializedPageWriter, TrackedWrite},
    },
    schema::types::ColumnDescPtr,
};

use crate::{
    dictionary::{Dictionary, EMPTY},
    pages::{put_all_levels, put_hybrid, put_levels, put_text, width_below},
};

/// The number of a text that has none in this row group yet.
const NONE: u32 = u32::MAX;

/// Compresses pages, and has the memory that making one takes.
pub(crate) struct Press {
    compressor: zstd::bulk::Compressor<'static>,
    page: Vec<u8>,
    levels: Vec<u32>,
    numbers: Vec<u32>,
}

/// A column's part of a row group.
#[derive(Default)]
pub(crate) struct Chunk {
    pages: Vec<CompressedPage>,
    compressed: usize,
    rows: usize,
    /// The number in this row group of each text of the dictionary.
    local: Vec<u32>,
    /// The dictionary's number of each text of this row group.
    order: Vec<u32>,
}

impl Press {
    /// Compresses quickly: more effort takes much longer, and the parts that are large do not get smaller by it.
    pub(crate) fn new() -> std::io::Result<Self> {
        let compressor = zstd::bulk::Compressor::new(1)?;
        Ok(Self { compressor, page: Vec::new(), levels: Vec::new(), numbers: Vec::new() })
    }

    fn compressed(&mut self) -> Result<Bytes, ParquetError> {
        let bytes = self.compressor.compress(&self.page);
        bytes.map(Bytes::from).map_err(|error| ParquetError::General(error.to_string()))
    }

    fn data_page(&mut self, rows: usize, encoding: Encoding) -> Result<CompressedPage, ParquetError> {
        let page = Page::DataPage {
            buf: self.compressed()?,
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        Ok(CompressedPage::new(page, self.page.len()))
    }
}

impl Chunk {
    /// Adds a page of texts by their numbers.
    pub(crate) fn put_numbers(
        &mut self,
        press: &mut Press,
        numbers: &[u32],
        texts: &Dictionary,
    ) -> Result<(), ParquetError> {
        self.local.resize(texts.len(), NONE);
        press.numbers.clear();
        press.numbers.extend_from_slice(numbers);
        let rows = press.numbers.len();
        press.page.clear();
        if press.numbers.contains(&EMPTY) {
            press.levels.clear();
            press.levels.extend(press.numbers.iter().map(|number| u32::from(*number != EMPTY)));
            put_levels(&mut press.page, &press.levels);
            press.numbers.retain(|number| *number != EMPTY);
        } else {
            put_all_levels(&mut press.page, rows);
        }
        if press.numbers.is_empty() {
            // Only nulls: there may be no dictionary to which numbers could refer.
            self.push(press.data_page(rows, Encoding::PLAIN)?, rows);
            return Ok(());
        }
        for number in &mut press.numbers {
            let local = &mut self.local[*number as usize];
            if *local == NONE {
                *local = self.order.len() as u32;
                self.order.push(*number);
            }
            *number = *local;
        }
        let width = width_below(self.order.len());
        press.page.push(width as u8);
        put_hybrid(&mut press.page, &press.numbers, width);
        self.push(press.data_page(rows, Encoding::RLE_DICTIONARY)?, rows);
        Ok(())
    }

    /// Adds a page of values as they are; `present` tells which of the rows have one.
    pub(crate) fn put_plain(
        &mut self,
        press: &mut Press,
        present: Option<&[u32]>,
        values: &[u8],
        rows: usize,
    ) -> Result<(), ParquetError> {
        press.page.clear();
        if let Some(levels) = present {
            put_levels(&mut press.page, levels);
        }
        press.page.extend_from_slice(values);
        self.push(press.data_page(rows, Encoding::PLAIN)?, rows);
        Ok(())
    }

    fn push(&mut self, page: CompressedPage, rows: usize) {
        self.compressed += page.compressed_size();
        self.rows += rows;
        self.pages.push(page);
    }

    /// How many texts the row group has.
    pub(crate) fn texts(&self) -> usize {
        self.order.len()
    }

    /// Bytes that are waiting for the end of the row group.
    pub(crate) fn bytes(&self) -> usize {
        self.compressed + self.order.len() * 32
    }

    /// The column's bytes and what the file's footer says of it. The next row group starts.
    pub(crate) fn finish(
        &mut self,
        press: &mut Press,
        column: ColumnDescPtr,
        texts: Option<&Dictionary>,
    ) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        let mut sink = TrackedWrite::new(Vec::with_capacity(self.compressed + 4096));
        let mut writer = SerializedPageWriter::new(&mut sink);
        let (mut uncompressed, mut dictionary_at, mut data_at) = (0, None, 0);
        let dictionary = match texts {
            Some(texts) if !self.order.is_empty() => Some(self.dictionary_page(press, texts)?),
            _ => None,
        };
        let pages = std::mem::take(&mut self.pages);
        for (at, page) in dictionary.into_iter().chain(pages).enumerate() {
            let written = writer.write_page(page)?;
            uncompressed += written.uncompressed_size as i64;
            match written.page_type {
                parquet::basic::PageType::DICTIONARY_PAGE => {
                    dictionary_at = Some(written.offset as i64);
                    data_at = written.offset as i64 + written.bytes_written as i64;
                }
                _ if at == 0 => data_at = written.offset as i64,
                _ => {}
            }
        }
        let bytes = sink.into_inner()?;
        let metadata = ColumnChunkMetaData::builder(column)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(uncompressed)
            .set_data_page_offset(data_at)
            .set_dictionary_page_offset(dictionary_at)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.rows as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        *self = Self::default();
        Ok((bytes.into(), close))
    }

    fn dictionary_page(&self, press: &mut Press, texts: &Dictionary) -> Result<CompressedPage, ParquetError> {
        press.page.clear();
        for number in &self.order {
            put_text(&mut press.page, texts.text(*number));
        }
        let page = Page::DictionaryPage {
            buf: press.compressed()?,
            num_values: self.order.len() as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        Ok(CompressedPage::new(page, press.page.len()))
    }
}
