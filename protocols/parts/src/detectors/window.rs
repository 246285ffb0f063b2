//! The latest samples of something.

use std::collections::VecDeque;

/// So many samples, the latest ones.
#[derive(Clone, Debug)]
pub struct Window {
    capacity: usize,
    samples: VecDeque<f64>,
}

impl Window {
    /// An empty window for so many samples, and for one at least.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), samples: VecDeque::new() }
    }

    /// Takes a sample in. The oldest one goes out, if the window is full.
    pub fn push(&mut self, sample: f64) {
        if self.samples.len() == self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.samples.clear();
    }

    /// The part of the window that is filled, from 0 to 1.
    pub fn filled(&self) -> f64 {
        self.len() as f64 / self.capacity as f64
    }

    /// The arithmetic mean, if there is a sample.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.samples.iter().sum::<f64>() / self.len() as f64)
    }

    /// The standard deviation of the samples, divided by how many there are; 0 without any.
    pub fn deviation(&self) -> f64 {
        let Some(mean) = self.mean() else { return 0.0 };
        let squares: f64 = self.samples.iter().map(|sample| (sample - mean) * (sample - mean)).sum();
        libm::sqrt(squares / self.len() as f64)
    }

    /// The smallest sample that is at least as high as this share of all, if there is a sample. A share is from 0 to 1.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let mut sorted: Vec<f64> = self.samples.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let rank = libm::ceil(share.clamp(0.0, 1.0) * sorted.len() as f64) as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_sample_goes_out() {
        let mut window = Window::new(4);
        assert_eq!((window.mean(), window.deviation(), window.quantile(0.5)), (None, 0.0, None));
        [100.0, 2.0, 4.0, 4.0, 6.0].into_iter().for_each(|sample| window.push(sample));
        assert_eq!((window.len(), window.filled(), window.mean()), (4, 1.0, Some(4.0)));
        assert!((window.deviation() - std::f64::consts::SQRT_2).abs() < 1e-12);
        let quantiles = [0.0, 0.25, 0.5, 0.75, 0.76, 1.0].map(|share| window.quantile(share).unwrap());
        assert_eq!(quantiles, [2.0, 2.0, 4.0, 4.0, 6.0, 6.0]);
        window.clear();
        assert!(window.is_empty());
    }
}
