/**
 * Multinomial elastic-net logistic regression: observations, folds, the penalty path, the optimiser
 * and its state as bytes. Pure arithmetic on one thread; it knows neither the store nor processes.
 */
@NullMarked
package io.warmstart.stress.cv.fit;

import org.jspecify.annotations.NullMarked;
