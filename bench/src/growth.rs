//! How cost grows with size.

/// The exponent `e` in cost ∝ sizeᵉ, by least squares over the logarithms: 1 is proportional growth.
/// `None` for fewer than two sizes.
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 2 {
        return None;
    }
    let logs: Vec<(f64, f64)> = points
        .iter()
        .map(|(size, cost)| (size.ln(), cost.max(1e-9).ln()))
        .collect();
    let count = logs.len() as f64;
    let (mean_x, mean_y) = logs.iter().fold((0.0, 0.0), |(x, y), point| {
        (x + point.0 / count, y + point.1 / count)
    });
    let covariance: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    Some(covariance / variance)
}

#[cfg(test)]
mod tests {
    use super::exponent;

    #[test]
    fn proportional_growth_has_exponent_one_and_quadratic_growth_two() {
        let linear = exponent(&[(1e3, 2.0), (1e4, 20.0), (1e5, 200.0)]).unwrap();
        let quadratic = exponent(&[(1e3, 1.0), (1e4, 100.0)]).unwrap();
        assert!((linear - 1.0).abs() < 1e-9 && (quadratic - 2.0).abs() < 1e-9);
        assert_eq!(exponent(&[(1.0, 1.0)]), None);
    }
}
