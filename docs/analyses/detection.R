# Detection histories in R: Rscript docs/analyses/detection.R results/SEASON/matrices/MODEL SOURCE
# Needs no package; with unmarked installed it also fits an occupancy model (MacKenzie et al. 2002).
arguments <- commandArgs(trailingOnly = TRUE)
read <- function(name) as.matrix(read.csv(file.path(arguments[1], name), row.names = 1, check.names = FALSE))
y <- read(paste0(arguments[2], ".csv"))
effort <- read("effort_h.csv")
stopifnot(identical(dim(y), dim(effort)), all(y %in% c(0, 1, NA)))

naive <- mean(rowSums(y, na.rm = TRUE) > 0)
cat(sprintf("sites %d, occasions %d, naive occupancy %.3f, detections an occasion %.3f, effort %.2f h\n",
            nrow(y), ncol(y), naive, mean(y, na.rm = TRUE), sum(effort)))

if (requireNamespace("unmarked", quietly = TRUE) && nrow(y) > 2) {
  frame <- unmarked::unmarkedFrameOccu(y = y, obsCovs = list(effort = effort))
  print(unmarked::occu(~ log(effort + 0.01) ~ 1, frame))
}
