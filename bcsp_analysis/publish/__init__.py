"""From notebooks to the site: editions, papermill, and the two engines that render the pages."""
