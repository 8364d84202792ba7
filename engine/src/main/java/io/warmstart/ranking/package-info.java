/** Which entry of a key wins, by each of the rules of choice. */
@NullMarked
package io.warmstart.ranking;

import org.jspecify.annotations.NullMarked;
