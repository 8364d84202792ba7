@NullMarked
package io.warmstart.stress.checker;

import org.jspecify.annotations.NullMarked;
