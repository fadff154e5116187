"""Entries without a training loop of ours: rules, controls and classic machine learning."""

BASELINES = {
    "prior": "baselines.prior:Prior",
    "missingness-only": "baselines.missingness_only:MissingnessOnly",
    "border-only": "baselines.border_only:BorderOnly",
    "rules-apl": "baselines.rules_apl:RulesApl",
    "logistic-regression": "baselines.logistic_regression:LogisticRegressionEntry",
    "random-forest": "baselines.random_forest:RandomForestEntry",
    "random-forest-differential": "baselines.random_forest_differential:RandomForestDifferential",
    "xgboost": "baselines.xgboost_trees:XGBoostEntry",
    "xgboost-cells": "baselines.xgboost_cells:XGBoostCells",
    "xgboost-tabular": "baselines.xgboost_tabular:XGBoostTabular",
}
